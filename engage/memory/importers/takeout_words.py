"""Words in headings of Google Takeout's YouTube tables, and for who may see a video, in the languages of many accounts.

Only what the values do not tell is told by words, see takeout_layout.py. All are in lower case; headings need only
contain them.
"""

CHAT = frozenset("chat czat чат チャット 채팅 聊天 sohbet دردشة चैट แชท".split())
COMMENT = frozenset("comment kommentar coment reactie komentarz комментар コメント 댓글 评论 留言 yorum".split())
TEXT = frozenset("text tekst texto testo текст テキスト 텍스트 文字 文本 內容 内容 metin نص".split())
VIDEO = frozenset("video vidéo vídeo wideo видео 動画 동영상 视频 影片 فيديو वीडियो".split())
TITLE = frozenset(
    """title titel titre título titulo titolo tytuł назван заголов タイトル 제목 标题 標題 başlı judul عنوان
    शीर्षक""".split()
)
DESCRIPTION = frozenset(
    "descri beschreibung beschrijving beskriv opis описан 説明 설명 说明 說明 açıklama deskripsi وصف विवरण".split()
)
LANGUAGE = frozenset(
    "language sprache langue idioma lingua taal język язык 言語 언어 语言 語言 bahasa لغة भाषा".split()
)
PRIVACY = frozenset("privac datenschutz confidential prywatn конфиденц プライバシー 개인정보 隐私 隱私".split())

_PUBLIC = """
public; öffentlich; publique; público; pública; pubblico; pubblica; openbaar; publiczny; публичный; открытый доступ;
公開; 公开; 공개; herkese açık; công khai; publik; offentlig; offentligt; julkinen; veřejné; nyilvános; สาธารณะ;
सार्वजनिक; عام
"""
_HIDDEN = """
private; privat; privé; privada; privado; privato; privata; prywatny; закрытый доступ; личное; 非公開; 私人; 비공개;
gizli; unlisted; nicht gelistet; non répertorié; non répertoriée; oculto; no listado; não listado; non in elenco;
verborgen; niepubliczny; доступ по ссылке; 限定公開; 不公開; 不公开; 일부 공개; liste dışı
"""
PUBLIC = frozenset(word.strip() for word in _PUBLIC.split(";"))
HIDDEN = frozenset(word.strip() for word in _HIDDEN.split(";"))
