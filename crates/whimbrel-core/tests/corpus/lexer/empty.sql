;;; ;
;-- nothing
;/**/;