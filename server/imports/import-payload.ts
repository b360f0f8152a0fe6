import { Field, ObjectType } from "type-graphql";
import { UserError } from "../platform/user-error.ts";
import { Import } from "./import.ts";

@ObjectType({ description: "What became of the import, or why the input was refused." })
export class ImportPayload {
  @Field(() => Import, { nullable: true, description: "The import as it stands now; null when none was made." })
  import!: Import | null;

  @Field(() => [UserError], { description: "What the caller can mend. Empty means: done." })
  userErrors!: UserError[];
}
