"""The words by which news are told apart, in eight languages.

As a rule would write them: `word` is the word itself, `word*` all that begin so; all
folded, in their own letters. A report is read with the words of its own language only:
the French `tués` must not be found in a Tuesday.
"""

from collections.abc import Mapping

LANGUAGES = ("en", "ru", "uk", "be", "pl", "lt", "de", "fr")
CYRILLIC = ("ru", "uk", "be")

COUNTED: Mapping[str, Mapping[str, str]] = {
    "dead": {
        "en": "dead killed kill kills killing deaths died die dies fatalities lives toll",
        "ru": "погиб* убит* убил* убива* мертв* смерт* скончал* умер* жертв*",
        "uk": "загин* загиб* вбит* убит* мертв* смерт* помер* жертв*",
        "be": "загін* забіт* забіл* памер* памёр* памер* смерц* ахвяр*",
        "pl": "zgin* zabit* zabił* zabij* ofiar* zmarł* śmier*",
        "lt": "žuv* žūv* nužud* mirė mirus* mirtis mirties aukų aukos",
        "de": "tot tote toten toter getötet* todesopfer* starb* gestorben* todesfäll*",
        "fr": "mort morts morte mortes tué tués tuée tuées tuer décès décéd*",
    },
    "injured": {
        "en": "injur* wound* hurt",
        "ru": "ранен* пострада* травм*",
        "uk": "поранен* постражда* травм*",
        "be": "паранен* пацярпе* параніл*",
        "pl": "rann* ranił* poszkodowan*",
        "lt": "sužeist* sužalot*",
        "de": "verletz* verwund*",
        "fr": "bless*",
    },
    "detained": {
        "en": "detain* arrest* detention* custody",
        "ru": "задерж* арест*",
        "uk": "затрим* арешт*",
        "be": "затрым* арышт*",
        "pl": "zatrzyman* zatrzymał* zatrzymano aresztow* areszc*",
        "lt": "sulaik* suim* areštuot*",
        "de": "festgenommen* verhaft* festnahm* inhaftier*",
        "fr": "arrêté arrêtés arrêtée arrêtées interpell* détenu* arrestation*",
    },
    "released": {
        "en": "releas* freed pardon*",
        "ru": "освобод* освобожд* отпущ* отпуст* помилов*",
        "uk": "звільн* відпущ* відпуст* помилув*",
        "be": "вызвал* адпусці* адпушч* памілав*",
        "pl": "zwolnion* zwolnił* zwolniono uwoln* wypuszcz* ułaskaw*",
        "lt": "paleist* paleido išlaisv*",
        "de": "freigelassen* freikam* freilassung* begnadig* entlassen*",
        "fr": "libéré* libère* libération* relâch* graci*",
    },
    "missing": {
        "en": "missing disappear*",
        "ru": "пропавш* пропал* исчез*",
        "uk": "зник*",
        "be": "знік* прапал*",
        "pl": "zaginion* zaginął* zaginęł* zniknę* zniknął*",
        "lt": "dingo dingus* dingęs",
        "de": "vermisst* verschwunden*",
        "fr": "disparu*",
    },
    "evacuated": {
        "en": "evacuat*",
        "ru": "эваку*",
        "uk": "еваку*",
        "be": "эваку*",
        "pl": "ewaku*",
        "lt": "evaku*",
        "de": "evaku*",
        "fr": "évacu*",
    },
}
"""Kinds of people that are counted."""

UNITS: Mapping[str, Mapping[str, str]] = {
    "percent": {
        "en": "percent pct",
        "ru": "процент*",
        "uk": "відсот* процент*",
        "be": "працэнт* адсотк*",
        "pl": "procent* proc",
        "lt": "proc procent*",
        "de": "prozent*",
        "fr": "percent",
    },
    "dollars": {
        "en": "dollar* usd",
        "ru": "долл*",
        "uk": "долар*",
        "be": "даляр* долар*",
        "pl": "dolar*",
        "lt": "doleri*",
        "de": "dollar*",
        "fr": "dollar*",
    },
    "euros": {
        "en": "euro euros eur",
        "ru": "евро",
        "uk": "євро",
        "be": "еўра",
        "pl": "euro",
        "lt": "eur eurų eurai eurus",
        "de": "euro euros",
        "fr": "euro euros",
    },
    "roubles": {
        "en": "rouble* ruble*",
        "ru": "руб*",
        "uk": "рубл*",
        "be": "рубл* руб",
        "pl": "rubl*",
        "lt": "rubl*",
        "de": "rubel*",
        "fr": "rouble*",
    },
    "hryvnias": {
        "en": "hryvnia* uah",
        "ru": "грив* грн",
        "uk": "грив* грн",
        "be": "грыў*",
        "pl": "hrywn*",
        "lt": "grivin*",
        "de": "hrywnja*",
        "fr": "hryvnia*",
    },
    "zlotys": {
        "en": "zloty* pln",
        "ru": "злот*",
        "uk": "злот*",
        "be": "злот*",
        "pl": "złot* zł",
        "lt": "zlot*",
        "de": "zloty*",
        "fr": "zloty*",
    },
    "magnitude": {
        "en": "magnitude",
        "ru": "магнитуд*",
        "uk": "магнітуд*",
        "be": "магнітуд*",
        "pl": "magnitud*",
        "lt": "magnitud*",
        "de": "stärke magnitude",
        "fr": "magnitude",
    },
    "barrels": {
        "en": "barrel* bpd",
        "ru": "баррел*",
        "uk": "барел*",
        "be": "барэл*",
        "pl": "barył*",
        "lt": "barel* statin*",
        "de": "barrel* fass",
        "fr": "baril*",
    },
    "cubic metres": {
        "en": "cubic bcm",
        "ru": "кубомет* куб кубическ*",
        "uk": "кубомет* куб кубічн*",
        "be": "кубамет* куб кубічн*",
        "pl": "sześcienn* m3",
        "lt": "kubini* kub",
        "de": "kubikmeter*",
        "fr": "cubes m3",
    },
    "megawatts": {
        "en": "mw gw megawatt* gigawatt*",
        "ru": "мвт гвт мегаватт* гигаватт*",
        "uk": "мвт гвт мегават* гігават*",
        "be": "мвт гвт мегават* гігават*",
        "pl": "mw gw megawat* gigawat*",
        "lt": "mw gw megavat* gigavat*",
        "de": "mw gw megawatt* gigawatt*",
        "fr": "mw gw mégawatt* gigawatt*",
    },
    "drones": {
        "en": "drone* uav uavs",
        "ru": "дрон* беспилотник* бпла",
        "uk": "дрон* безпілотник* бпла",
        "be": "дрон* беспілотнік* бпла",
        "pl": "dron* bezzałogow*",
        "lt": "dron* bepilot*",
        "de": "drohne*",
        "fr": "drone*",
    },
    "missiles": {
        "en": "missile* rocket*",
        "ru": "ракет*",
        "uk": "ракет*",
        "be": "ракет*",
        "pl": "rakiet*",
        "lt": "raket*",
        "de": "rakete* flugkörper*",
        "fr": "missile* roquette*",
    },
}
"""What else numbers measure; the word stands right behind the number, or before it where it
is one of `LEADING`."""
LEADING = frozenset({"magnitude"})

OTHERS: Mapping[str, str] = {
    "en": "year* month* week* day* hour* minute* second* km kilomet* mile* metre* meter* am pm th "
    "jan* feb* march april may june july aug* sept* oct* nov* dec*",
    "ru": "лет год* месяц* недел* дн* день час* минут* секунд* км километр* метр* "
    "январ* феврал* март* апрел* мая июн* июл* август* сентяб* октяб* нояб* декаб*",
    "uk": "рок* років місяц* тижн* дн* день годин* хвилин* секунд* км кілометр* метр* "
    "січн* лют* берез* квіт* трав* черв* лип* серп* верес* жовт* листоп* груд*",
    "be": "год* гадоў месяц* тыдн* тыдзе* дзен* дня* гадзін* хвілін* секунд* км кіламет* метр* "
    "студз* лютаг* сакавік* красавік* мая траўн* чэрвен* ліпен* жніўн* верасн* кастрычн* "
    "лістапад* снежн*",
    "pl": "lat lata rok* miesi* tygod* dni dniu dzień godzin* minut* sekund* km kilomet* metr* "
    "styczn* lut* mar* kwie* maj* czerw* lip* sierp* wrze* paź* listop* grud*",
    "lt": "met* mėnes* savait* dien* valand* minu* sekund* km kilomet* metr* saus* vasar* kov* "
    "baland* geguž* birž* liep* rugpj* rugs* spal* lapkr* gruod*",
    "de": "jahr* jähr* monat* woche* tag tage tagen stunde* minute* sekunde* uhr km kilometer* meter* "
    "jan* feb* märz april mai juni juli aug* sept* okt* nov* dez*",
    "fr": "ans an année* mois semaine* jour* heure* minute* seconde* km kilomètre* mètre* "
    "janv* févr* mars avril mai juin juil* août sept* oct* nov* déc*",
}
"""What a number before it measures that is no fact of this kind: times, ways, dates."""

STATES: Mapping[str, Mapping[str, str]] = {
    "alleged": {
        "en": "alleg* reportedly claim* purported* rumour* rumor* suspected unconfirmed",
        "ru": "якобы предположительно слух* неподтвержд*",
        "uk": "нібито ймовірно чутк* непідтвердж*",
        "be": "нібыта быццам чутк* меркавана",
        "pl": "rzekom* podobno domniem* niepotwierdz*",
        "lt": "neva esą įtariam* nepatvirtint*",
        "de": "angeblich* mutmasslich* unbestätigt*",
        "fr": "présumé* prétend* aurait auraient rumeur*",
    },
    "confirmed": {
        "en": "confirm* acknowledg* admits admitted",
        "ru": "подтвердил* подтвержд* признал*",
        "uk": "підтверд* визнал*",
        "be": "пацверд* пацвярд* прызнал*",
        "pl": "potwierdz* przyznał*",
        "lt": "patvirtin* pripažin*",
        "de": "bestätig*",
        "fr": "confirm* reconnaît reconnu",
    },
    "denied": {
        "en": "denies denied deny denying denial* refut*",
        "ru": "опроверг* опроверж* отрица* отверг*",
        "uk": "спростув* спростов* заперечу* заперечи*",
        "be": "абверг* абвяргае* абвяржэн* адмаўляе* аспрэч*",
        "pl": "zaprzecz* dementuj* zdementow* dementi",
        "lt": "paneig* neigia neigė",
        "de": "dementi* bestreit* bestritt*",
        "fr": "dément démenti* démentent nie nient",
    },
    "halted": {
        "en": "halt* stopp* suspend* paus* shut",
        "ru": "останов* приостанов* прекрат* прекращ*",
        "uk": "зупин* призупин* припин*",
        "be": "спыні* спынен* прыпын* спыня*",
        "pl": "wstrzym* zawiesz* zawiesi* przerwan*",
        "lt": "sustabd* nutrauk*",
        "de": "gestoppt* stoppt* unterbroch* eingestellt* ausgesetzt*",
        "fr": "suspend* interromp* stoppé* arrêt",
    },
    "resumed": {
        "en": "resum* restart* reopen* restor*",
        "ru": "возобнов* восстанов*",
        "uk": "віднов* поновл*",
        "be": "аднав* аднаўл* узнав*",
        "pl": "wznow* wznaw* przywróc*",
        "lt": "atnauj*",
        "de": "aufgenommen* wiederaufn* wiederaufgen*",
        "fr": "reprend* reprise repris rétabl*",
    },
    "alive": {
        "en": "alive",
        "ru": "жив жива живы живым живой",
        "uk": "живий жива живі живим живою",
        "be": "жывы жывая жывыя жывым",
        "pl": "żyje żyją żywy żywa żywi żywego",
        "lt": "gyvas gyva gyvi gyvą",
        "de": "lebt leben lebend*",
        "fr": "vivant* survécu",
    },
    "in hospital": {
        "en": "hospital*",
        "ru": "госпитал* больниц*",
        "uk": "госпітал* лікарн*",
        "be": "шпітал* бальніц*",
        "pl": "szpital* hospitaliz*",
        "lt": "ligonin*",
        "de": "krankenhaus* klinik*",
        "fr": "hôpital* hospitalis*",
    },
    "announced": {
        "en": "announc* plan plans planned scheduled",
        "ru": "анонсир* объяв* запланир* планир* назнач*",
        "uk": "анонс* оголос* заплан* плану* признач*",
        "be": "абвяс* запланав* плануе* прызнач*",
        "pl": "ogłos* zapowied* zapowiad* planuj* zaplan*",
        "lt": "paskelb* planuo* suplan*",
        "de": "angekündigt* kündigt* geplant*",
        "fr": "annonc* prévu*",
    },
    "cancelled": {
        "en": "cancel* scrapp*",
        "ru": "отмен*",
        "uk": "скасов* скасув* відмін*",
        "be": "адмен* адмян* скасав*",
        "pl": "odwoł* anulow*",
        "lt": "atšauk*",
        "de": "abgesagt* absag* gestrichen*",
        "fr": "annul*",
    },
    "postponed": {
        "en": "postpon* delay*",
        "ru": "отлож* перенес*",
        "uk": "відкла* перенес*",
        "be": "адкла* перанес*",
        "pl": "odłoż* przełoż* przesun*",
        "lt": "atidėt* nukelt*",
        "de": "verschob* vertagt*",
        "fr": "reporté reportée reportés reportées",
    },
    "found": {
        "en": "found rescued",
        "ru": "найден* нашли обнаруж* спасен* спасли",
        "uk": "знайден* знайшл* врятов* врятув*",
        "be": "знойдз* знайшл* выратав*",
        "pl": "odnalez* znalez* uratowan*",
        "lt": "rastas rasta rasti rado išgelbė*",
        "de": "gefunden* gerettet*",
        "fr": "retrouv* sauvé*",
    },
    "sentenced": {
        "en": "sentenced jailed convicted",
        "ru": "приговор* осужд* осуди*",
        "uk": "засудж* засуди* вирок*",
        "be": "асудж* асудзі* прысуд*",
        "pl": "skazan* skazał*",
        "lt": "nuteis*",
        "de": "verurteil*",
        "fr": "condamn*",
    },
    "imposed": {
        "en": "impos* introduc*",
        "ru": "ввел* введен* вводит*",
        "uk": "запровад* ввел* введен*",
        "be": "увял* увеў уводз* уведзен*",
        "pl": "nałoż* wprowadz*",
        "lt": "įved* įvest*",
        "de": "verhäng*",
        "fr": "impos*",
    },
    "lifted": {
        "en": "lifted lifts lifting",
        "ru": "снял* снят* снима*",
        "uk": "знял* знят* зніма*",
        "be": "знял* зняц* здыма*",
        "pl": "zniós* znies* znosi*",
        "lt": "panaikin*",
        "de": "aufgehoben* aufheb*",
        "fr": "levé levée levées lève levées",
    },
}
"""In what state somebody or something is, beside the counted kinds, which are states too."""

TURNS: Mapping[str, frozenset[str]] = {
    "released": frozenset({"detained", "sentenced"}),
    "confirmed": frozenset({"alleged", "denied"}),
    "denied": frozenset(),
    "resumed": frozenset({"halted"}),
    "halted": frozenset({"resumed"}),
    "dead": frozenset({"alive", "missing", "in hospital"}),
    "alive": frozenset({"dead"}),
    "found": frozenset({"missing"}),
    "cancelled": frozenset({"announced"}),
    "postponed": frozenset({"announced"}),
    "lifted": frozenset({"imposed"}),
    "sentenced": frozenset({"detained"}),
}
"""The states that are a turn, and from which ones; from none in particular where empty."""

REACHED: Mapping[str, str] = {
    "en": "rise* rose risen climb* grew grow* reach* increas* now already up",
    "ru": "вырос* возрос* увеличил* достиг* превысил* уже",
    "uk": "зрос* збільшил* сягнул* досягл* перевищил* вже",
    "be": "вырас* узрас* павялічыл* дасягн* перавысіл* ужо",
    "pl": "wzros* zwiększył* sięgn* osiągn* przekroczył* już",
    "lt": "išaug* padidėj* pasiek* viršij* jau",
    "de": "steig* stieg* gestiegen erhöh* erreich* mittlerweile inzwischen bereits",
    "fr": "grimp* passe mont* atteint* dépass* alourdi* déjà désormais",
}
"""What a count did that reached a number; between the two, other words may stand."""

NOT: Mapping[str, str] = {
    "en": "not no never without isnt wasnt hasnt havent didnt doesnt wont",
    "ru": "не без нет",
    "uk": "не без немає",
    "be": "не без няма",
    "pl": "nie bez",
    "lt": "ne nėra be",
    "de": "nicht nie ohne kein keine keinen",
    "fr": "ne pas non sans jamais",
}

OFFICIAL: Mapping[str, str] = {
    "en": "ministry minister spokes* kremlin government police prosecutor* kgb fsb sbu governor "
    "mayor military presidency pentagon",
    "ru": "минист* мид минобороны минэнерго минздрав мвд мчс кремл* кгб фсб сбу гур прокур* "
    "полици* правительств* губернатор* мэр пресс-секретар* пресс-служб* песков следком ск "
    "погранкомитет* генштаб* цик",
    "uk": "міністер* мзс моз міноборони міненерго мвс дснс сбу гур генштаб* прокур* поліці* уряд* "
    "кабмін* речни* очільни* цвк прессслужб* офіс",
    "be": "міністэр* мзс мус мнс кдб камітэт* пракур* урад* міліцы* генштаб* цвк прэс-сакратар* "
    "прэс-служб*",
    "pl": "minister* msz mon mswia kgb rzeczni* policja prokurat* rząd* premier kreml* abw",
    "lt": "ministerij* ministr* vyriausyb* policij* prokurat* vsd urm kremli* atstov*",
    "de": "ministeri* minister regierung* sprecher* polizei* staatsanwaltschaft* kreml "
    "aussenamt* kanzleramt*",
    "fr": "ministère* ministre* porte-parole gouvernement police parquet* kremlin* élysée "
    "préfecture*",
}
SAYING: Mapping[str, str] = {
    "en": "said says say confirm* announc* stated states reported",
    "ru": "сообщил* сообщает* сообщают заявил* заявля* подтвердил* подтвержд* объявил*",
    "uk": "повідомил* повідомля* заявил* заявля* підтвердил* підтвердж* оголосил*",
    "be": "паведамі* паведамля* заяві* заяўля* пацвердзі* пацвярдж* абвясці*",
    "pl": "poinform* inform* oświadcz* potwierdz* przekazał* podał* podaje ogłos*",
    "lt": "pranešė praneša patvirtin* teig* sakė sako paskelb*",
    "de": "teilt* mitgeteilt* sagt* erklär* bestätig* meldet*",
    "fr": "annonc* confirm* déclar* indiqu* affirm*",
}
REPORTS: Mapping[str, str] = {
    "en": "report reports claim claims allegation* rumour* rumor* information story stories article* "
    "reporting",
    "ru": "сообщени* информаци* слух* публикаци* данные",
    "uk": "повідомленн* інформаці* чутк* публікаці*",
    "be": "паведамленн* інфармацы* чутк* публікацы*",
    "pl": "informacj* doniesie* pogłosk* plotk* artykuł* publikacj*",
    "lt": "informacij* pranešim* gand* straipsn*",
    "de": "bericht* meldung* gerücht* behauptung* angaben artikel*",
    "fr": "information* rumeur* article* allégation* rapport*",
}
"""What is denied or retracted, where it is a report."""
RETRACTED: Mapping[str, str] = {
    "en": "withdraws withdrew withdrawing pulls",
    "ru": "отозва* отзыва*",
    "uk": "відклика*",
    "be": "адкліка*",
    "pl": "wycofa* wycofuj*",
    "lt": "atšauk* atsiim*",
    "de": "zieht zog",
    "fr": "retire retiré",
}
"""What is done to armies too: only with a report as its object."""
UNSAID: Mapping[str, str] = {
    "en": "retract* withdrawn",
    "ru": "дезавуир*",
    "uk": "дезавую*",
    "be": "дэзавуі*",
    "pl": "odwołuj*",
    "lt": "atsiprašė",
    "de": "zurückgezogen* widerruf*",
    "fr": "rétract*",
}
"""What is done to reports above all, which may stand before it."""
FILLING: Mapping[str, str] = {
    "en": "the a an its his her their this that these those earlier false previous media press "
    "any all western russian belarusian ukrainian",
    "ru": "свое свою свои эту это эти все сми ложн* недостоверн*",
    "uk": "свою своє свої цю це ці всі змі",
    "be": "сваю сваё свае гэт* усе смі",
    "pl": "swój swoją swoje tę te ten te wszystkie medialne",
    "lt": "savo šį tą šią visus",
    "de": "den die das der ihren seinen ihre seine einen eine diese alle",
    "fr": "le la les son sa ses un une cet cette ces toute des de",
}
"""Words between a verb and its object that change nothing."""

_N: Mapping[str, str] = {
    "en": "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen"
    "|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty"
    "|ninety",
    "ru": "один одна одного одной|два две двое двух двоих|три трое трех троих"
    "|четыре четверо четырех четверых|пять пятеро пяти пятерых|шесть шестеро шести шестерых"
    "|семь семеро семи семерых|восемь восьмеро восьми|девять девятеро девяти"
    "|десять десятеро десяти|одиннадцат*|двенадцат*|тринадцат*|четырнадцат*|пятнадцат*"
    "|шестнадцат*|семнадцат*|восемнадцат*|девятнадцат*|двадцат*|тридцат*|сорок*|пятьдесят*"
    "|шестьдесят*|семьдесят*|восемьдесят*|девяност*",
    "uk": "один одна одного одну|два дві двоє двох|три троє трьох|чотири четверо чотирьох"
    "|пять пятеро пяти пятьох|шість шестеро шести шістьох|сім семеро семи сімох"
    "|вісім восьмеро восьми вісьмох|девять девятеро девяти|десять десятеро десяти"
    "|одинадцят*|дванадцят*|тринадцят*|чотирнадцят*|пятнадцят*|шістнадцят*|сімнадцят*"
    "|вісімнадцят*|девятнадцят*|двадцят*|тридцят*|сорок*|пятдесят*|шістдесят*|сімдесят*"
    "|вісімдесят*|девяност*",
    "be": "адзін адна аднаго адну|два дзве двое двух|тры трое трох|чатыры чацвера чатырох"
    "|пяць пяцера пяці|шэсць шасцера шасці|сем сямера сямі|восем васьмера васьмі"
    "|дзевяць дзевяцера дзевяці|дзесяць дзесяцера дзесяці|адзінаццац*|дванаццац*|трынаццац*"
    "|чатырнаццац*|пятнаццац*|шаснаццац*|семнаццац*|васемнаццац*|дзевятнаццац*|дваццац*"
    "|трыццац*|сорак*|пяцьдзясят* пяцідзес*|шэсцьдзясят*|семдзесят*|восемдзесят*|дзевяност*",
    "pl": "jeden jedna jednego jedną|dwa dwie dwoje dwóch dwaj|trzy troje trzech trzej"
    "|cztery czworo czterech|pięć pięcioro pięciu|sześć sześcioro sześciu"
    "|siedem siedmioro siedmiu|osiem ośmioro ośmiu|dziewięć dziewięcioro dziewięciu"
    "|dziesięć dziesięcioro dziesięciu|jedenaś* jedenastu|dwanaś* dwunastu|trzynaś* trzynastu"
    "|czternaś* czternastu|piętnaś* piętnastu|szesnaś* szesnastu|siedemnaś* siedemnastu"
    "|osiemnaś* osiemnastu|dziewiętnaś* dziewiętnastu|dwadzieści* dwudziestu"
    "|trzydzieści* trzydziestu|czterdzieści* czterdziestu|pięćdziesiąt pięćdziesięciu"
    "|sześćdziesiąt sześćdziesięciu|siedemdziesiąt siedemdziesięciu"
    "|osiemdziesiąt osiemdziesięciu|dziewięćdziesiąt dziewięćdziesięciu",
    "lt": "vienas viena vieno vieną|du dvi dviejų|trys trijų tris|keturi keturių keturis keturios"
    "|penki penkių penkis penkios|šeši šešių šešis šešios|septyni septynių septynis septynios"
    "|aštuoni aštuonių aštuonis aštuonios|devyni devynių devynis devynios|dešimt dešimties"
    "|vienuolik*|dvylik*|trylik*|keturiolik*|penkiolik*|šešiolik*|septyniolik*|aštuoniolik*"
    "|devyniolik*|dvidešimt*|trisdešimt*|keturiasdešimt*|penkiasdešimt*|šešiasdešimt*"
    "|septyniasdešimt*|aštuoniasdešimt*|devyniasdešimt*",
    "de": "ein eine einen einer|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|dreizehn"
    "|vierzehn|fünfzehn|sechzehn|siebzehn|achtzehn|neunzehn|zwanzig|dreissig|vierzig|fünfzig"
    "|sechzig|siebzig|achtzig|neunzig",
    "fr": "un une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze"
    "|seize|dix-sept|dix-huit|dix-neuf|vingt|trente|quarante|cinquante|soixante|soixante-dix"
    "|quatre-vingts|quatre-vingt-dix",
}
_VALUES = (*range(1, 20), *range(20, 100, 10))
NUMBERS: Mapping[str, Mapping[str, str]] = {
    str(value): {lang: _N[lang].split("|")[place] for lang in LANGUAGES}
    for place, value in enumerate(_VALUES)
}
"""Words for the numbers from one to twenty and the tens, by their value in digits."""

TIMES: Mapping[str, Mapping[str, str]] = {
    "100": {
        "en": "hundred",
        "ru": "сто ста",
        "uk": "сто ста",
        "be": "сто ста",
        "pl": "sto stu",
        "lt": "šimtas šimto",
        "de": "hundert",
        "fr": "cent cents",
    },
    "1000": {
        "en": "thousand",
        "ru": "тысяч* тыс",
        "uk": "тисяч* тис",
        "be": "тысяч* тыс",
        "pl": "tysiąc* tysięc* tys",
        "lt": "tūkst*",
        "de": "tausend",
        "fr": "mille",
    },
    "1000000": {
        "en": "million mln mn",
        "ru": "миллион* млн",
        "uk": "мільйон* млн",
        "be": "мільен* млн",
        "pl": "milion* mln",
        "lt": "milijon* mln",
        "de": "million* mio",
        "fr": "million* mln",
    },
    "1000000000": {
        "en": "billion bn",
        "ru": "миллиард* млрд",
        "uk": "мільярд* млрд",
        "be": "мільярд* млрд",
        "pl": "miliard* mld",
        "lt": "milijard* mlrd",
        "de": "milliarde* mrd",
        "fr": "milliard* mrd",
    },
}
"""Words that multiply the number before them; hundred and thousand alone too."""

AGENCIES: Mapping[str, str] = {
    "Reuters": "Reuters|Рейтер(?:с|з)?",
    "AP": "AP|Associated Press|Ассошиэйтед Пресс",
    "AFP": "AFP|Agence France-Presse|Франс[- ]Пресс?",
    "dpa": "dpa|DPA",
    "TASS": "TASS|ТАСС",
    "RIA Novosti": "RIA(?: Novosti)?|РИА(?: «?Новости»?)?",
    "Interfax-Ukraine": "Interfax[- ]Ukraine|Интерфакс[- ]Украина|Інтерфакс[- ]Україна",
    "Interfax": "Interfax|«?Интерфакс»?|«?Інтерфакс»?",
    "BelTA": "BelTA|BELTA|БЕЛТА|БелТА",
    "PAP": "PAP|Polska Agencja Prasowa",
    "Ukrinform": "Ukrinform|Укринформ|Укрінформ\\w*",
    "UNIAN": "UNIAN|УНИАН|УНІАН",
    "BNS": "BNS",
    "ELTA": "ELTA|ЭЛЬТА",
    "LETA": "LETA|ЛЕТА",
    "Bloomberg": "Bloomberg|Блумберг",
    "Xinhua": "Xinhua|Синьхуа",
    "Anadolu": "Anadolu|Анадолу",
}
"""News agencies, and how reports credit them; the longer name first."""
