import { transports } from "../../dispatch/transports/index.ts";
import { endWithParent, sinkFromEnvironment } from "./child.ts";

// Loaded before the real program (node --import): gives it the sink as one more transport, and changes nothing else.
Object.assign(transports, sinkFromEnvironment());
endWithParent();
