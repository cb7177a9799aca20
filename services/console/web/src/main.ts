import { createApp } from "vue";

import App from "@/App.vue";
import { forget } from "@/pages/intake/keep";
import { router } from "@/router";
import { speak, texts } from "@/texts";
import "@/theme/tokens.css";
import "@/theme/base.css";
import "@/theme/element.css";

// Whoever opens the console, parked calls of everybody that are over leave this browser.
forget(localStorage, Date.now());
await speak();
createApp(App).use(texts).use(router).mount("#app");
