import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export interface Certificate {
  key: string;
  cert: string;
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A certificate for this name, made for the occasion: signed by itself, or by `authority`. Its days may be past. */
export async function aCertificate({
  name = "localhost",
  days = 2,
  authority,
}: { name?: string; days?: number; authority?: Certificate } = {}): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), "dispatcher-tls-"));
  const at = (file: string) => join(folder, file);
  const openssl = (...words: string[]) => promisify(execFile)("openssl", words);
  try {
    const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
    if (!authority) {
      const files = ["-keyout", at("key.pem"), "-out", at("cert.pem")];
      await openssl("req", "-x509", ...NEW_KEY, "-days", String(days), ...subject, ...files);
    } else {
      await writeFile(at("ca.pem"), authority.cert);
      await writeFile(at("ca.key"), authority.key);
      await openssl("req", ...NEW_KEY, ...subject, "-keyout", at("key.pem"), "-out", at("request.pem"));
      await openssl(
        ...["x509", "-req", "-in", at("request.pem"), "-copy_extensions", "copy", "-days", String(days)],
        ...["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-out", at("cert.pem")],
      );
    }
    return { key: await readFile(at("key.pem"), "utf8"), cert: await readFile(at("cert.pem"), "utf8") };
  } finally {
    await rm(folder, { recursive: true });
  }
}
