CREATE TABLE a (b)
--> statement-breakpoint
CREATE TABLE c (d);
  --> statement-breakpoint  
\x
--> statement-breakpoint
SELECT 1 --> statement-breakpoint
;--> statement-breakpoint