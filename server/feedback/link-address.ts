/** What a customer's links begin with: to answer, and to leave the list. */
const LINK = /^(\/[ru]\/[^/?]+)\/+(?=\?|$)/;

/**
 * The address of a request, where it is a customer's link as such a link is read: mail programs put slashes behind
 * addresses, and worse. One that is no text at all does not work, and is to be answered as all that do not work.
 */
export function asLinkAddress(url: string): string {
  if (!/^\/[ru]\//.test(url)) return url;
  return (isText(url) ? url : url.replaceAll("%", "%25")).replace(LINK, "$1");
}

/** Whether what is written as %XX in the path is characters. */
function isText(url: string): boolean {
  try {
    decodeURI(url.split("?", 1)[0]!);
    return true;
  } catch {
    return false;
  }
}
