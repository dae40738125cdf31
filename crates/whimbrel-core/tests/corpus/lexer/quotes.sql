SELECT 'it''s', "a""b", `c``d`, [e f], 'a;b', "c;d" FROM "t" -- 'open
;/* " */ SELECT '--', '/*';