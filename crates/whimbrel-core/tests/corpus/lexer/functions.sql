CREATE FUNCTION f(a text DEFAULT ';') RETURNS text LANGUAGE plpgsql AS $body$
BEGIN
  EXECUTE $q$SELECT ';' || $1$q$ USING a; RETURN $$x$$; END; $body$; DO $$ BEGIN PERFORM 1; END $$;