CREATE TABLE a (
  b int -- c
);

SELECT 1;
\x
