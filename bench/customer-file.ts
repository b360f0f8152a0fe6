const FIRST =
  "Ada Bo Cleo Dana Emil Fatma Gero Hana Ivo Jördis Kai Lena Milo Noor Øyvind Pia Quirin Rosa Sami Zoë".split(" ");
const LAST =
  "Birch Cedar Dale Elm Fjord Grove Heath Isle Jura Keel Lake Moor Nest Orchard Pine Ridge Straße Vale".split(" ");
const CITIES = ["Berlin", "Köln", "Graz", "Basel", "Wien, Innere Stadt", "Ulm", "Bern", "Lübeck", "Hof", "Gent"];
/** A file is sent in pieces of about so many characters; as a whole it is never in memory. */
const PIECE_CHARACTERS = 64 * 1024;

/**
 * A table of made-up customers as a shop exports it: a name, an e-mail address and three columns of the shop's own.
 * No address is there twice and nothing is wrong with any row. The addresses come in no order; half of them share one
 * domain, the others have one of ten thousand.
 */
export function withEmails(rows: number): Generator<Buffer> {
  return table("Name,E-mail,Order,City,Bought on", rows, (n, [first, last]) => {
    const domain = n % 2 === 0 ? "example.com" : `shop-${(n * 7919) % 10_000}.example`;
    return `${plain(first)}.${plain(last)}.${n}@${domain}`;
  });
}

/** The same with phone numbers instead, as people in Germany write them: without a country, apart in different ways. */
export function withPhones(rows: number): Generator<Buffer> {
  return table("Name,Phone,Order,City,Bought on", rows, (n) => {
    const digits = String(10_000_000 + n);
    const [head, tail] = [digits.slice(0, 4), digits.slice(4)];
    return [`0151 ${head} ${tail}`, `0170/${digits}`, `(030) ${head}-${tail}`, `0049 160 ${digits}`][n % 4]!;
  });
}

function* table(header: string, rows: number, address: (n: number, names: [string, string]) => string) {
  let piece = `${header}\r\n`;
  for (let n = 1; n <= rows; n += 1) {
    // Neighbours in the file are no neighbours by name.
    const names: [string, string] = [FIRST[(n * 7) % FIRST.length]!, LAST[(n * 5) % LAST.length]!];
    const city = CITIES[n % CITIES.length]!;
    const bought = new Date(Date.UTC(2025, 0, 1 + (n % 365))).toISOString().slice(0, 10);
    piece += `${names.join(" ")},${address(n, names)},A-${n},${city.includes(",") ? `"${city}"` : city},${bought}\r\n`;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield Buffer.from(piece);
    piece = "";
  }
  yield Buffer.from(piece);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z]/g, "x");
}
