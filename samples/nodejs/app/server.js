const express = require('express');

const app = express();
app.get('/', (_request, response) => response.send('built with tekton-cache\n'));
if (require.main === module) app.listen(8080);
module.exports = app;
