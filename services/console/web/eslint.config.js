import a11y from "eslint-plugin-vuejs-accessibility";
import vue from "eslint-plugin-vue";
import ts from "typescript-eslint";

const HAN = {
  selector: "Literal[value=/\\p{Script=Han}/u], TemplateElement[value.raw=/\\p{Script=Han}/u]",
  message: "Text for people belongs into src/texts.",
};

export default ts.config(
  { ignores: ["node_modules", "src/api/schema"] },
  ...ts.configs.recommended,
  ...vue.configs["flat/essential"],
  ...a11y.configs["flat/recommended"],
  {
    files: ["src/**/*.{ts,vue}"],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      "max-lines": ["error", 250],
      "no-restricted-syntax": ["error", HAN],
      "vue/no-restricted-static-attribute": ["error", { key: "style", message: "The CSP refuses static styles." }],
      "vue/no-bare-strings-in-template": ["error", { allowlist: ["–", "·", "/", "(", ")", ":", "%", "?", "+", "×"] }],
      "vuejs-accessibility/label-has-for": "off",
      "vuejs-accessibility/no-static-element-interactions": "off",
    },
  },
);
