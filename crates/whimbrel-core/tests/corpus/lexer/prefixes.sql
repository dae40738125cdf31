SELECT E'a\'b', e'a' 'b', E'a'
-- c
'b\'c', B'01', X'ff', N'n', U&'\0061', U&"d\0061t\+000061" UESCAPE '!', x'zz', E 'a', u & 'a'