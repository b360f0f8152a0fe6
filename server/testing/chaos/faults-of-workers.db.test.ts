import { playInTests } from "./play-in-tests.ts";
import { faultsOfWorkers } from "./scenarios.ts";

playInTests(faultsOfWorkers);
