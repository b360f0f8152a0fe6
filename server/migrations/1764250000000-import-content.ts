import type { MigrationInterface, QueryRunner } from "typeorm";

/** Which bytes an import reads: those that its plan was made for, whatever is sent to the same upload later. */
export class ImportContent1764250000000 implements MigrationInterface {
  name = "ImportContent1764250000000";

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE import ADD COLUMN content_id uuid;
      COMMENT ON COLUMN import.content_id IS 'the bytes that were looked at when it was started, by upload.content_id';
      UPDATE import i SET content_id = u.content_id FROM upload u WHERE u.id = i.upload_id;
      -- Earlier ones may have ended early and be called completed.
      ALTER TABLE import ADD CONSTRAINT import_completed_whole
        CHECK (status <> 'completed' OR rows_read = rows_total) NOT VALID;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE import DROP CONSTRAINT import_completed_whole, DROP COLUMN content_id;
    `);
  }
}
