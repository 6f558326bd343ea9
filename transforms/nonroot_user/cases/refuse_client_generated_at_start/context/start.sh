#!/bin/sh
npx prisma db push
exec node index.js
