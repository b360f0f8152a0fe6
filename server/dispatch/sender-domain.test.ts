import "reflect-metadata";
import { describe, expect, test } from "@jest/globals";
import { generateKeyPairSync } from "node:crypto";
import { hintsAbout, type Resolver } from "./sender-domain.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const dkimKey = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const published = publicKey.export({ type: "spki", format: "der" }).toString("base64");
const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ type: "spki", format: "der" });

const SPF = "v=spf1 include:spf.example.net -all";
const DMARC = "v=DMARC1; p=quarantine";
const DKIM = `v=DKIM1; k=rsa; p=${published}`;
const GOOD = { "example.com": [SPF], "_dmarc.example.com": [DMARC], "mail._domainkey.example.com": [DKIM] };

/** What stands in DNS, by name; a name of which there is nothing is unknown, and "fault" is a server that fails. */
function zone(records: Record<string, string[] | "fault">): Resolver {
  return {
    resolveTxt(name) {
      const texts = records[name];
      if (texts === "fault") return Promise.reject(Object.assign(new Error("refused"), { code: "ESERVFAIL" }));
      if (!texts) return Promise.reject(Object.assign(new Error("none"), { code: "ENOTFOUND" }));
      // A record is kept in parts of at most 255 bytes.
      return Promise.resolve(texts.map((text) => text.match(/.{1,255}/gs) ?? []));
    },
  };
}

const SIGNING = { dkim: { domain: "example.com", selector: "mail" }, dkimKey };
async function codes(
  records: Record<string, string[] | "fault">,
  sender: Partial<Parameters<typeof hintsAbout>[0]> = {},
) {
  const hints = await hintsAbout({ address: "shop@example.com", ...SIGNING, ...sender }, zone({ ...GOOD, ...records }));
  return hints.map(({ code }) => code);
}

describe("what DNS says about a sender", () => {
  test("nothing, where all is well", async () => expect(await codes({})).toEqual([]));

  test.each([
    [["v=spf1 include:spf.example.net ~all", "some-verification=1"], []],
    [["V=SPF1 redirect=spf.example.net"], []],
    [[], ["SPF_MISSING"]],
    [["v=spf10 -all"], ["SPF_MISSING"]],
    [[SPF, "v=spf1 mx -all"], ["SPF_SEVERAL"]],
    [["v=spf1 -all"], ["SPF_FORBIDS_ALL"]],
    [["v=spf1 include:spf.example.net +all"], ["SPF_ALLOWS_ALL"]],
    [["v=spf1 ip4:192.0.2.7 mx -all"], ["SPF_UNJUDGED"]],
  ])("SPF %j", async (records, expected) => expect(await codes({ "example.com": records })).toEqual(expected));

  test.each([
    [[], ["DMARC_MISSING"]],
    [["v=DMARC1; p=none; rua=mailto:dmarc@example.com"], ["DMARC_NONE"]],
    [["v=DMARC1;p=reject"], []],
    [[DMARC, DMARC], ["DMARC_SEVERAL"]],
  ])("DMARC %j", async (records, expected) => expect(await codes({ "_dmarc.example.com": records })).toEqual(expected));

  test("DMARC of the domain above counts for one without its own, in what it says for those below", async () => {
    const address = "shop@mail.example.com";
    const spf = { "mail.example.com": [SPF] };
    expect(await codes(spf, { address })).toEqual([]);
    expect(await codes({ ...spf, "_dmarc.example.com": ["v=DMARC1; p=reject; sp=none"] }, { address })).toEqual([
      "DMARC_NONE",
    ]);
  });

  test.each([
    [[], ["DKIM_RECORD_MISSING"]],
    [["v=DKIM1; p="], ["DKIM_RECORD_BROKEN"]],
    [["v=DKIM1; k=rsa; p=not base64 at all"], ["DKIM_RECORD_BROKEN"]],
    [[`k=rsa; p=${other.toString("base64")}`], ["DKIM_KEY_MISMATCH"]],
    [[`p=${published.slice(0, 70)} ${published.slice(70)}`], []],
  ])("DKIM %j", async (records, expected) =>
    expect(await codes({ "mail._domainkey.example.com": records })).toEqual(expected),
  );

  test("mails that are not signed here, or for somebody else's domain", async () => {
    expect(await codes({}, { dkim: null, dkimKey: undefined })).toEqual(["DKIM_NOT_SET"]);
    const dkim = { domain: "example.net", selector: "mail" };
    expect(await codes({ "mail._domainkey.example.net": [DKIM] }, { dkim })).toEqual(["DKIM_OTHER_DOMAIN"]);
  });

  test("where the nameserver fails, that is said, and nothing is made up", async () => {
    const failing = {
      "example.com": "fault",
      "_dmarc.example.com": "fault",
      "mail._domainkey.example.com": "fault",
    } as const;
    expect(await codes(failing)).toEqual(["DNS_SILENT", "DNS_SILENT", "DNS_SILENT"]);
  });

  test.each(["shop@shop.invalid", "shop@localhost", "shop@printer.local"])("%s is asked of nobody", async (address) => {
    const nobody: Resolver = { resolveTxt: () => Promise.reject(new Error("was asked")) };
    const hints = await hintsAbout({ address, dkim: null, dkimKey: undefined }, nobody);
    expect(hints).toMatchObject([{ code: "DOMAIN_FOR_EXAMPLES", remedy: expect.any(String) }]);
  });
});
