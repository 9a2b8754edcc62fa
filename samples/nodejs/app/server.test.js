const assert = require('node:assert');
const app = require('./server.js');

describe('the sample application', () => {
  it('answers', async () => {
    const server = app.listen(0);
    try {
      const response = await fetch(`http://127.0.0.1:${server.address().port}/`);
      assert.match(await response.text(), /tekton-cache/);
    } finally {
      server.close();
    }
  });
});
