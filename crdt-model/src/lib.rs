//! What a meet is: the document, its registers, who wins, and what is admitted.
