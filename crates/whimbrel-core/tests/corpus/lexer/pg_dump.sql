--
-- PostgreSQL database dump
--

\restrict abc

SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE public.a (b integer NOT NULL);
ALTER TABLE public.a OWNER TO postgres;
COPY public.a (b) FROM stdin;
1
'; DROP
\.


ALTER TABLE ONLY public.a ADD CONSTRAINT a_pkey PRIMARY KEY (b);
GRANT SELECT ON TABLE public.a TO bob;
\unrestrict abc
