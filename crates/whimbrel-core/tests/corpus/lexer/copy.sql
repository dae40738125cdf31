COPY a FROM stdin; COPY (SELECT 1 FROM stdin) TO stdout; "copy" t FROM "stdin"; \echo
COPY a (b) FROM stdin WITH (FORMAT csv); -- rows
\.
SELECT 1;