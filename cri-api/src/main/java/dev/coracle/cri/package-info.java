/** What those who speak the protocols of this module have in common beside them. */
@NullMarked
package dev.coracle.cri;

import org.jspecify.annotations.NullMarked;
