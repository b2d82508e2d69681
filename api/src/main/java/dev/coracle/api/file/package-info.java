/** Files of this machine that are followed while the process runs. */
@NullMarked
package dev.coracle.api.file;

import org.jspecify.annotations.NullMarked;
