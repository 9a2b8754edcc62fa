import express from 'express';

export const app = express();
app.get('/', (_request, response) => void response.send('built with tekton-cache\n'));
