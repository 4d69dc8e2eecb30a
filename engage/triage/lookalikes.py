"""Letters that are others in disguise (Unicode TR 39 and what scam comments use). Tables for `str.translate`."""

_A, _OUTLINED = ord("a"), (0x1F150, 0x1F170)  # 🅐… and 🅰…, which NFKC leaves as they are
_REGIONAL = 0x1F1E6  # 🇦…, of which two make a flag

# Of other scripts, taken for Latin letters inside a Latin word.
IN_LATIN_WORDS = str.maketrans(
    "аеорсухіјѕԁһӏьвкмнтгпαοενικρτυχβηωɑɡıɩʀɴꜱʟᴀᴇᴍᴛᴏᴅᴄᴘᴜᴠᴡᴢⅼⲟⲥⲣⲓⲕⲛⲧⲩϝ",
    "aeopcyxijsdhlbbkmhtrnaoevikptuxbnwagiirnslaemtodcpuvwzlocpikntyf",
)
# Of scripts that hardly anybody writes to creators in: whole words of them are Latin in disguise.
ALONE = str.maketrans(
    "ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᏢᏒᏚᎢᏙᎳᎩᏃᗅᗩᗷᑕᗞᗪᗴᖴᘜᕼᒍᒪᗰᑎᑭᖇᔕᑌᐯᗯ᙭",
    "bpdtgkjczfmnlsrvhwxyaeiouabcdeghijklmprstvwyzaabcddefghjlmnprsuvwx",
)
# Small capitals and outlined letters, wherever they stand. A stroke is left away as an accent is, though Unicode takes
# it for none. Quotes are straight.
PLAINER = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢł’‘`", "abcdefghijklmnopqrstuvwyzl'''") | {
    first + letter: chr(_A + letter) for first in _OUTLINED for letter in range(26)
}
REGIONAL = {_REGIONAL + letter: chr(_A + letter) for letter in range(26)}
