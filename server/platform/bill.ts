import type { GraphQLSchema } from "graphql";
import { type Budget, refuseOverBudget, type Spent } from "./budget.ts";
import { type Asked, costOf, refuseTooDear } from "./query-cost.ts";

/** What an answer says about its cost, in points: of this operation, a minute's worth, and what is left of it. */
export interface CostReport {
  requested: number;
  limit: number;
  remaining: number;
  resetSeconds: number;
}

/** One operation's cost, taken from its caller's budget before it is run. */
export class Bill {
  private requested = 1;
  private spent: Spent | null = null;

  constructor(
    private readonly budget: Budget,
    private readonly budgetKey: string,
  ) {}

  /** Throws BAD_USER_INPUT, COST_EXCEEDED or RATE_LIMITED: then the operation must not be run. */
  async charge(schema: GraphQLSchema, asked: Asked): Promise<void> {
    this.requested = Math.max(1, costOf(schema, asked));
    refuseTooDear(this.requested, asked);
    this.spent = await this.budget.spend(this.budgetKey, this.requested);
    refuseOverBudget(this.spent, this.requested);
  }

  /** What was refused before it was charged costs one point: reading and answering it is work too. */
  async settle(): Promise<CostReport> {
    this.spent ??= await this.budget.spend(this.budgetKey, 1);
    const { limit, remaining, resetSeconds } = this.spent;
    return { requested: this.requested, limit, remaining, resetSeconds };
  }
}
