import type { FastifyReply, FastifyRequest } from "fastify";

/** How long a sender who was refused may still send, so that the answer reaches it before the connection ends. */
const LINGER_MS = 2_000;

const CODES: Record<number, string> = { 408: "TIMED_OUT", 409: "CONFLICT", 413: "LIMIT_EXCEEDED" };

/** Answers before all was sent: the rest is thrown away as it comes, and the connection ends if that takes long. */
export function refuse(request: FastifyRequest, reply: FastifyReply, status: number, message: string): FastifyReply {
  const { raw } = request;
  raw.on("error", () => undefined);
  // Whoever read it so far listens for more and would keep it from flowing.
  raw.removeAllListeners("readable").resume();
  setTimeout(() => raw.complete || raw.destroy(), LINGER_MS).unref();
  return answer(reply, status, CODES[status]!, message);
}

/** Refuses in the form that GraphQL's errors have. */
export function answer(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.status(status).send({ errors: [{ message, extensions: { code } }] });
}
