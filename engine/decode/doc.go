// Package decode turns the body of an answer into records, or into one document.
//
// [JSON], [Lines], [Concatenated], [CSV] and [XML] share one method:
//
//	Records(r io.Reader, yield func(any) error) (rest any, err error)
//
// It hands over each record as soon as it is complete and holds none of the
// others, so memory is bounded by the largest record and not by the body. The
// records before a mistake have been yielded when the mistake is returned: whoever
// must have all or nothing collects them first. An error of yield ends the reading
// and is returned as it is. Values are normalised as package code describes.
//
// [Unpack] undoes gzip and bzip2, [Split] makes several records of one.
//
// Bodies are UTF-8, or UTF-16 with a byte order mark. Everything stays within
// [Limits]; what cannot be read is an [*Error] with its position, which shows
// nothing of the body but the bytes that are no text.
package decode
