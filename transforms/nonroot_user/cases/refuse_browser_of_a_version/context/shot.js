require('playwright-core').chromium.launch();
