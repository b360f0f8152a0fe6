/** Whether this runs in the reader's browser, whose time zone is known. The first picture is the server's, in UTC. */
export const reader = $state({ here: false });
