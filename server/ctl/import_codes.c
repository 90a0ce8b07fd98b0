/* The meanings. Constant data, and a way to look into it. */
#include "server/ctl/import_codes.h"

#include <stddef.h>
#include <string.h>

const struct import_code import_codes[] = {
    {"added", "the photograph is on the list, for another person to approve"},
    {"added_before", "an earlier run of this import has added it"},
    {"there_already", "the reference has this very photograph already; nothing was added"},
    {"not_tried", "the import ended before this row"},
    {"row.columns", "the row has more or fewer columns than the first one"},
    {"row.quotes", "a double quote is misplaced or not closed"},
    {"row.encoding", "the row is not UTF-8; save the list as \"CSV UTF-8\""},
    {"row.text", "a field is empty, too long or not clean UTF-8 text"},
    {"row.image_path", "the image, or what it links to, is not in or below the list's folder"},
    {"file.open", "there is no such image, or it may not be read"},
    {"file.kind", "the image is not a regular file"},
    {"file.size", "the image has more than 16 MiB"},
    {"file.empty", "the image's file is empty"},
    {"file.read", "the image cannot be read to its end"},
    {"file.path", "the image's path is too long"},
    {"image.not_jpeg", "the image is not a JPEG file"},
    {"image.damaged", "the image is damaged"},
    {"image.too_large", "the image has too many pixels"},
    {"image.colours", "the image's colours are of a kind that is not read; save it as RGB"},
    {"watchlist.no_face", "no face was found in the photograph"},
    {"watchlist.several_faces",
     "several faces were found; add this one with 'overtctl watchlist add' and --region"},
    {"watchlist.quality", "the face is too small, too blurred, turned away or badly lit"},
    {"watchlist.category", "there is no such category; 'overtctl watchlist add --help' has them"},
    {"watchlist.response", "there is no such response; 'overtctl watchlist add --help' has them"},
    {"watchlist.differs", "the reference is on the list with other particulars"},
    {"watchlist.approved_already", "the entry is approved; withdraw it to add photographs"},
    {"watchlist.other_adder", "somebody else proposed this reference; only they can add to it"},
    {"watchlist.images", "the entry has as many photographs as it may have"},
    {"watchlist.full", "the list has as many entries as it may have"},
    {"watchlist.withdrawn", "the reference was withdrawn too often to be added again"},
    {"net.lost", "the answer was lost; import again: what is there is not added twice"},
    {"net.timeout", "no answer came; import again: what is there is not added twice"},
    {"request.in_progress", "the server is busy with it; import again: nothing is added twice"},
    {"store.full", "the server's disk is full; make room and import again"},
    {NULL, NULL},
};

const char *import_code_meaning(const char *code)
{
    for (const struct import_code *at = import_codes; at->code != NULL; at++) {
        if (strcmp(at->code, code) == 0)
            return at->meaning;
    }
    return "";
}
