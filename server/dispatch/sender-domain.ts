import { createPublicKey } from "node:crypto";
import { Resolver as SystemResolver } from "node:dns/promises";
import { Field, ObjectType, registerEnumType } from "type-graphql";

/** Who is asked what stands in DNS. Rejects with the code ENOTFOUND or ENODATA where there is nothing. */
export interface Resolver {
  /** Each record as the parts it is kept in. */
  resolveTxt(name: string): Promise<string[][]>;
}

/** What may keep mails of a sender from being trusted, in a closed set of words. */
export enum HintCode {
  DOMAIN_FOR_EXAMPLES = "DOMAIN_FOR_EXAMPLES",
  DNS_SILENT = "DNS_SILENT",
  SPF_MISSING = "SPF_MISSING",
  SPF_SEVERAL = "SPF_SEVERAL",
  SPF_FORBIDS_ALL = "SPF_FORBIDS_ALL",
  SPF_ALLOWS_ALL = "SPF_ALLOWS_ALL",
  SPF_UNJUDGED = "SPF_UNJUDGED",
  DMARC_MISSING = "DMARC_MISSING",
  DMARC_SEVERAL = "DMARC_SEVERAL",
  DMARC_NONE = "DMARC_NONE",
  DKIM_NOT_SET = "DKIM_NOT_SET",
  DKIM_OTHER_DOMAIN = "DKIM_OTHER_DOMAIN",
  DKIM_RECORD_MISSING = "DKIM_RECORD_MISSING",
  DKIM_RECORD_BROKEN = "DKIM_RECORD_BROKEN",
  DKIM_KEY_MISMATCH = "DKIM_KEY_MISMATCH",
  PASSWORD_IN_THE_OPEN = "PASSWORD_IN_THE_OPEN",
}

const SENTENCES: Record<HintCode, string> = {
  DOMAIN_FOR_EXAMPLES:
    "The sender's domain is one for examples or one's own network; no server outside takes its mails.",
  DNS_SILENT: "A record could not be looked up.",
  SPF_MISSING: "The domain does not say which servers may send for it (SPF).",
  SPF_SEVERAL: "The domain has several SPF records; receivers then count none.",
  SPF_FORBIDS_ALL: "The domain's SPF record says that it sends no mail.",
  SPF_ALLOWS_ALL: "The domain's SPF record lets every server send for it.",
  SPF_UNJUDGED: "Whether the domain's SPF record covers this mail server cannot be told from here.",
  DMARC_MISSING: "The domain does not say what to do with forged mails (DMARC).",
  DMARC_SEVERAL: "The domain has several DMARC records; receivers then count none.",
  DMARC_NONE: "The domain's DMARC record asks for nothing to be done about forged mails.",
  DKIM_NOT_SET: "Mails are not signed here (DKIM).",
  DKIM_OTHER_DOMAIN: "Mails are signed for another domain than the sender's.",
  DKIM_RECORD_MISSING: "The public key for the signature is not in DNS.",
  DKIM_RECORD_BROKEN: "The record with the public key cannot be read.",
  DKIM_KEY_MISMATCH: "The public key in DNS is not that of the private key.",
  PASSWORD_IN_THE_OPEN: "The password goes to another machine without encryption.",
};

registerEnumType(HintCode, {
  name: "TestHintCode",
  description: "What may keep mails from being trusted.",
  valuesConfig: Object.fromEntries(Object.values(HintCode).map((code) => [code, { description: SENTENCES[code] }])),
});

@ObjectType({ description: "Something that may keep mails from being trusted, though the server accepts them." })
export class TestHint {
  @Field(() => HintCode, { description: "In one of a closed set of words." })
  code!: HintCode;

  @Field(() => String, { description: "What was found." })
  words!: string;

  @Field(() => String, { nullable: true, description: "What to do about it." })
  remedy!: string | null;

  @Field(() => String, { nullable: true, description: "The name in DNS it is about." })
  record!: string | null;
}

const DNS_MS = 4_000;
/** Names that DNS does not have (RFC 2606, RFC 6761, RFC 6762). */
const NOT_IN_DNS = /(^|\.)(test|example|invalid|localhost|local|internal)$/;

/** The machine's own resolver; a server that does not answer is not waited for long. */
export function systemResolver(): Resolver {
  return new SystemResolver({ timeout: DNS_MS, tries: 2 });
}

/** What DNS says about a sender, as far as it can be judged from here. Never rejects. */
export async function hintsAbout(
  sender: { address: string; dkim: { domain: string; selector: string } | null; dkimKey: string | undefined },
  resolver: Resolver,
): Promise<TestHint[]> {
  const domain = sender.address.slice(sender.address.lastIndexOf("@") + 1);
  if (NOT_IN_DNS.test(domain) || !domain.includes("."))
    return [hint(HintCode.DOMAIN_FOR_EXAMPLES, domain, "Send from a domain of your own.")];
  const found = await Promise.all([spf(domain, resolver), dkim(domain, sender, resolver), dmarc(domain, resolver)]);
  return found.flat();
}

/** Somebody on the way could read it. */
export function hintOnPassword(): TestHint {
  return hint(HintCode.PASSWORD_IN_THE_OPEN, null, "Choose STARTTLS or TLS.");
}

async function spf(domain: string, resolver: Resolver): Promise<TestHint[]> {
  const texts = await textsAt(domain, resolver);
  if (texts === "silent") return [silent(domain)];
  const records = texts.filter((text) => /^v=spf1( |$)/i.test(text));
  const [record = ""] = records;
  if (records.length === 0)
    return [
      hint(HintCode.SPF_MISSING, domain, "Ask your mail provider for its SPF line, and put it there as a TXT record."),
    ];
  if (records.length > 1)
    return [hint(HintCode.SPF_SEVERAL, domain, "Join them into one: one v=spf1, all the mechanisms, one all.")];
  const terms = record.toLowerCase().split(/ +/).slice(1);
  if (terms.some((term) => term === "all" || term === "+all"))
    return [
      hint(HintCode.SPF_ALLOWS_ALL, domain, "End it in ~all or -all, after the servers that really send for it."),
    ];
  const names = terms.filter((term) => !/^[-~?+]?all$/.test(term) && !/^exp=/.test(term));
  if (names.length === 0)
    return [hint(HintCode.SPF_FORBIDS_ALL, domain, "Add your mail provider's SPF line before the all.")];
  const refersToOthers = names.some((term) => /^\+?(include:|redirect=)/.test(term));
  return refersToOthers
    ? []
    : [
        hint(
          HintCode.SPF_UNJUDGED,
          domain,
          "It names servers itself: see that the one that sends your mails is among them.",
        ),
      ];
}

async function dkim(
  senderDomain: string,
  { dkim: signing, dkimKey }: { dkim: { domain: string; selector: string } | null; dkimKey: string | undefined },
  resolver: Resolver,
): Promise<TestHint[]> {
  if (!signing)
    return [
      hint(HintCode.DKIM_NOT_SET, null, "Fine where your mail provider signs them; otherwise give a key to sign with."),
    ];
  const { domain, selector } = signing;
  const name = `${selector}._domainkey.${domain}`;
  const aligned = senderDomain === domain || senderDomain.endsWith(`.${domain}`) || domain.endsWith(`.${senderDomain}`);
  const hints = aligned
    ? []
    : [
        hint(
          HintCode.DKIM_OTHER_DOMAIN,
          domain,
          `Sign for ${senderDomain}, or receivers do not count the signature for DMARC.`,
        ),
      ];
  const texts = await textsAt(name, resolver);
  if (texts === "silent") return [...hints, silent(name)];
  // The version may be left out (RFC 6376 3.6.1).
  const record = texts.find((text) => /(^|;)\s*p\s*=/i.test(text));
  if (record === undefined)
    return [
      ...hints,
      hint(
        HintCode.DKIM_RECORD_MISSING,
        name,
        "Put it there as a TXT record: v=DKIM1; k=rsa; p=… with the public key.",
      ),
    ];
  const published = publishedKey(record);
  if (!published)
    return [
      ...hints,
      hint(HintCode.DKIM_RECORD_BROKEN, name, "Write it as v=DKIM1; k=rsa; p=… with the public key in base64."),
    ];
  const ours = dkimKey && createPublicKey(dkimKey).export({ type: "spki", format: "der" });
  return ours && !published.equals(ours)
    ? [
        ...hints,
        hint(
          HintCode.DKIM_KEY_MISMATCH,
          name,
          "Publish the public key of this private key, or give the private key of that record.",
        ),
      ]
    : hints;
}

/** The public key in a record, in one form; null where it is none, or was withdrawn (an empty p). */
function publishedKey(record: string): Buffer | null {
  const key = /(?:^|;)\s*p\s*=\s*([^;]*)/i.exec(record)?.[1]?.replace(/\s/g, "") ?? "";
  try {
    const spki = createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
    return spki.export({ type: "spki", format: "der" });
  } catch {
    return null;
  }
}

async function dmarc(domain: string, resolver: Resolver): Promise<TestHint[]> {
  // A domain without a record of its own falls under that of the one above it.
  for (let at = domain; at.includes("."); at = at.slice(at.indexOf(".") + 1)) {
    const name = `_dmarc.${at}`;
    const texts = await textsAt(name, resolver);
    if (texts === "silent") return [silent(name)];
    const records = texts.filter((text) => /^v\s*=\s*DMARC1\s*(;|$)/i.test(text));
    if (records.length > 1) return [hint(HintCode.DMARC_SEVERAL, name, "Leave one of them.")];
    const [record] = records;
    if (record === undefined) continue;
    const tags = new Map(
      record.split(";").map((tag) => {
        const [name = "", value = ""] = tag.split("=").map((part) => part.trim().toLowerCase());
        return [name, value] as const;
      }),
    );
    const policy = (at === domain ? undefined : tags.get("sp")) ?? tags.get("p");
    return policy === "none"
      ? [
          hint(
            HintCode.DMARC_NONE,
            name,
            "Fine to begin with; once the reports show nothing amiss, change it to p=quarantine.",
          ),
        ]
      : [];
  }
  return [
    hint(
      HintCode.DMARC_MISSING,
      `_dmarc.${domain}`,
      "Large receivers want one: begin with the TXT record v=DMARC1; p=none.",
    ),
  ];
}

async function textsAt(name: string, resolver: Resolver): Promise<string[] | "silent"> {
  try {
    return (await resolver.resolveTxt(name)).map((parts) => parts.join(""));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOTFOUND" || code === "ENODATA" ? [] : "silent";
  }
}

function silent(name: string): TestHint {
  return hint(HintCode.DNS_SILENT, name, "Nothing is said about it, then; try again later.");
}

function hint(code: HintCode, record: string | null, remedy: string): TestHint {
  return { code, words: SENTENCES[code], remedy, record };
}
