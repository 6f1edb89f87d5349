"""Written by deploy/embedder-description from Tests/Vectors/embedding/embedder-1.txt: change neither by hand."""

DESCRIPTION: str = """\
vivian/embedding/text/v1
bytes 65536
words 16384
run 64
dimension 384
lanes 8
length 256
component 127
word-seed 7310584035220054903
trigram-seed 2635249153387078802
word-weight 8
trigram-weight 4
quiet-word-weight 2
quiet-trigram-weight 1
quiet a
quiet about
quiet after
quiet all
quiet also
quiet an
quiet and
quiet any
quiet are
quiet as
quiet at
quiet be
quiet been
quiet both
quiet but
quiet by
quiet can
quiet could
quiet do
quiet does
quiet each
quiet for
quiet from
quiet had
quiet has
quiet have
quiet he
quiet her
quiet his
quiet how
quiet i
quiet if
quiet in
quiet into
quiet is
quiet it
quiet its
quiet just
quiet like
quiet more
quiet most
quiet my
quiet no
quiet not
quiet of
quiet on
quiet only
quiet or
quiet other
quiet our
quiet out
quiet over
quiet s
quiet so
quiet some
quiet such
quiet than
quiet that
quiet the
quiet their
quiet them
quiet then
quiet there
quiet these
quiet they
quiet this
quiet those
quiet through
quiet to
quiet up
quiet use
quiet used
quiet using
quiet very
quiet via
quiet was
quiet we
quiet were
quiet what
quiet when
quiet where
quiet which
quiet while
quiet who
quiet will
quiet with
quiet without
quiet would
quiet you
quiet your
separator 0000 002F
separator 003A 0040
separator 005B 0060
separator 007B 00A9
separator 00AB 00B1
separator 00B4 00B4
separator 00B6 00B8
separator 00BB 00BB
separator 00BF 00BF
separator 00D7 00D7
separator 00F7 00F7
separator 0375 0375
separator 037E 037E
separator 0384 0385
separator 0387 0387
separator 03F6 03F6
separator 0482 0482
separator 1FBD 1FBD
separator 1FBF 1FC1
separator 1FCD 1FCF
separator 1FDD 1FDF
separator 1FED 1FEF
separator 1FFD 1FFE
separator 2000 206F
separator 20A0 20CF
separator 2190 27BF
separator 2900 2BFF
separator 2E00 2E7F
separator 3000 3004
separator 3008 3020
separator 3030 3030
separator FE10 FE1F
separator FE30 FE6F
separator FF00 FF0F
separator FF1A FF20
separator FF3B FF40
separator FF5B FF65
separator FFE0 FFFF
fold 0041 005A 1 +32
fold 00B5 00B5 1 +775
fold 00C0 00D6 1 +32
fold 00D8 00DE 1 +32
fold 0100 012E 2 +1
fold 0132 0136 2 +1
fold 0139 0147 2 +1
fold 014A 0176 2 +1
fold 0178 0178 1 -121
fold 0179 017D 2 +1
fold 017F 017F 1 -268
fold 0181 0181 1 +210
fold 0182 0184 2 +1
fold 0186 0186 1 +206
fold 0187 0187 1 +1
fold 0189 018A 1 +205
fold 018B 018B 1 +1
fold 018E 018E 1 +79
fold 018F 018F 1 +202
fold 0190 0190 1 +203
fold 0191 0191 1 +1
fold 0193 0193 1 +205
fold 0194 0194 1 +207
fold 0196 0196 1 +211
fold 0197 0197 1 +209
fold 0198 0198 1 +1
fold 019C 019C 1 +211
fold 019D 019D 1 +213
fold 019F 019F 1 +214
fold 01A0 01A4 2 +1
fold 01A6 01A6 1 +218
fold 01A7 01A7 1 +1
fold 01A9 01A9 1 +218
fold 01AC 01AC 1 +1
fold 01AE 01AE 1 +218
fold 01AF 01AF 1 +1
fold 01B1 01B2 1 +217
fold 01B3 01B5 2 +1
fold 01B7 01B7 1 +219
fold 01B8 01B8 1 +1
fold 01BC 01BC 1 +1
fold 01C4 01C4 1 +2
fold 01C5 01C5 1 +1
fold 01C7 01C7 1 +2
fold 01C8 01C8 1 +1
fold 01CA 01CA 1 +2
fold 01CB 01DB 2 +1
fold 01DE 01EE 2 +1
fold 01F1 01F1 1 +2
fold 01F2 01F4 2 +1
fold 01F6 01F6 1 -97
fold 01F7 01F7 1 -56
fold 01F8 021E 2 +1
fold 0220 0220 1 -130
fold 0222 0232 2 +1
fold 023A 023A 1 +10795
fold 023B 023B 1 +1
fold 023D 023D 1 -163
fold 023E 023E 1 +10792
fold 0241 0241 1 +1
fold 0243 0243 1 -195
fold 0244 0244 1 +69
fold 0245 0245 1 +71
fold 0246 024E 2 +1
fold 0370 0372 2 +1
fold 0376 0376 1 +1
fold 037F 037F 1 +116
fold 0386 0386 1 +38
fold 0388 038A 1 +37
fold 038C 038C 1 +64
fold 038E 038F 1 +63
fold 0391 03A1 1 +32
fold 03A3 03AB 1 +32
fold 03C2 03C2 1 +1
fold 03CF 03CF 1 +8
fold 03D0 03D0 1 -30
fold 03D1 03D1 1 -25
fold 03D5 03D5 1 -15
fold 03D6 03D6 1 -22
fold 03D8 03EE 2 +1
fold 03F0 03F0 1 -54
fold 03F1 03F1 1 -48
fold 03F4 03F4 1 -60
fold 03F5 03F5 1 -64
fold 03F7 03F7 1 +1
fold 03F9 03F9 1 -7
fold 03FA 03FA 1 +1
fold 03FD 03FF 1 -130
fold 0400 040F 1 +80
fold 0410 042F 1 +32
fold 0460 0480 2 +1
fold 048A 04BE 2 +1
fold 04C0 04C0 1 +15
fold 04C1 04CD 2 +1
fold 04D0 052E 2 +1
fold 1E00 1E94 2 +1
fold 1E9B 1E9B 1 -58
fold 1E9E 1E9E 1 -7615
fold 1EA0 1EFE 2 +1
fold 1F08 1F0F 1 -8
fold 1F18 1F1D 1 -8
fold 1F28 1F2F 1 -8
fold 1F38 1F3F 1 -8
fold 1F48 1F4D 1 -8
fold 1F59 1F5F 2 -8
fold 1F68 1F6F 1 -8
fold 1F88 1F8F 1 -8
fold 1F98 1F9F 1 -8
fold 1FA8 1FAF 1 -8
fold 1FB8 1FB9 1 -8
fold 1FBA 1FBB 1 -74
fold 1FBC 1FBC 1 -9
fold 1FBE 1FBE 1 -7173
fold 1FC8 1FCB 1 -86
fold 1FCC 1FCC 1 -9
fold 1FD8 1FD9 1 -8
fold 1FDA 1FDB 1 -100
fold 1FE8 1FE9 1 -8
fold 1FEA 1FEB 1 -112
fold 1FEC 1FEC 1 -7
fold 1FF8 1FF9 1 -128
fold 1FFA 1FFB 1 -126
fold 1FFC 1FFC 1 -9
"""
