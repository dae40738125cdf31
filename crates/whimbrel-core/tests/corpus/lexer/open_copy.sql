COPY a FROM stdin;
1	2
3	4
