/** What can be chosen about a cluster, from flags, a file, or code. */
@NullMarked
package dev.coracle.launcher.config;

import org.jspecify.annotations.NullMarked;
