import { registerEnumType } from "type-graphql";

/** What a limit counts by. */
export enum ThrottleUnit {
  SECOND = "second",
  MINUTE = "minute",
  HOUR = "hour",
}

registerEnumType(ThrottleUnit, {
  name: "ThrottleUnit",
  description: "What a limit counts messages by.",
  valuesConfig: {
    SECOND: { description: "Messages a second." },
    MINUTE: { description: "Messages a minute." },
    HOUR: { description: "Messages an hour." },
  },
});
