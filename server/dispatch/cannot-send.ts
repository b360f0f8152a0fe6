/** A campaign's transport or message cannot be used as it is; the words say what to do, and its campaign pauses. */
export class CannotSend extends Error {}
