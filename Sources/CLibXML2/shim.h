#include <libxml/xmlversion.h>
// Debian's libxml2 would bring in ICU's headers, which clash with the ICU that Foundation carries. Only a structure that
// nothing here touches (the encoding handler) depends on the macro.
#undef LIBXML_ICU_ENABLED
#include <libxml/HTMLparser.h>
#include <libxml/tree.h>
