/**
 * A start that cannot go on for a reason that the person at the terminal can mend: the message says how, and is
 * shown as it stands, without a stack.
 */
export class CannotStart extends Error {
  override name = "CannotStart";
  readonly forPeople = true;
}
