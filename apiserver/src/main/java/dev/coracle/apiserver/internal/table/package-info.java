/** How kinds look as tables: the columns and cells that kubectl prints. */
@NullMarked
package dev.coracle.apiserver.internal.table;

import org.jspecify.annotations.NullMarked;
