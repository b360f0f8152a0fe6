/** The texts of a form that was posted, by the names of its fields. */
export async function valuesOf(post: Request): Promise<Record<string, string>> {
  return Object.fromEntries([...(await post.formData())].map(([key, value]) => [key, String(value)]));
}
