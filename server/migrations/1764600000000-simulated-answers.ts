import type { MigrationInterface, QueryRunner } from "typeorm";

/** Simulations say who answers; those of older campaigns have nobody who does. */
export class SimulatedAnswers1764600000000 implements MigrationInterface {
  name = "SimulatedAnswers1764600000000";

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `UPDATE campaign SET simulation = '{"answerShare": 0, "answerDelayMs": 20000}' || simulation WHERE simulation IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `UPDATE campaign SET simulation = simulation - 'answerShare' - 'answerDelayMs' WHERE simulation IS NOT NULL`,
    );
  }
}
