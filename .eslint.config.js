import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import globals from "globals";
import tseslint from "typescript-eslint";

const typed = ["server/**/*.ts", "bench/**/*.ts", "ormconfig.ts", "jest.config.ts"];

export default tseslint.config(
  {
    ignores: [
      "**/dist/**",
      "**/.svelte-kit/**",
      "client/build/**",
      "**/*.svelte",
      "**/*.d.ts",
      "client/.svelte-kit/**",
    ],
  },
  js.configs.recommended,
  { files: ["**/*.{js,mjs}"], languageOptions: { globals: globals.node } },
  { files: ["**/*.ts"], extends: [tseslint.configs.recommended] },
  { files: ["client/**"], languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: typed,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Assertions read better without a needless cast, and SQL rows are typed where they are asked for.
      "@typescript-eslint/require-await": "off",
      // Our interfaces hand out closures, not methods that need their object.
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/restrict-template-expressions": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
    },
  },
  {
    files: ["server/**/*.test.ts", "server/testing/**/*.ts"],
    rules: {
      // What a query answers has the shape of its document; and a status reads best as the word it is.
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-enum-comparison": "off",
    },
  },
  prettier,
);
