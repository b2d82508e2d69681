/** What has no owner any more goes too. */
@NullMarked
package dev.coracle.controllers.internal.garbagecollector;

import org.jspecify.annotations.NullMarked;
