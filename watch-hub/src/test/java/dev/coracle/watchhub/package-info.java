/** Contract suites and tests of the storages and the hub. */
@NullMarked
package dev.coracle.watchhub;

import org.jspecify.annotations.NullMarked;
