// The editor lives in the browser alone.
export const ssr = false;
