import { error } from "@sveltejs/kit";

/** Ends in the error page: nothing is told apart from what belongs to somebody else. */
export function noSuchCampaign(): never {
  error(404, {
    message: "There is no such campaign.",
    remedy: "It may belong to another workspace, or the address was mistyped.",
  });
}
