/** The dashboard in a real browser, against an API server made for the purpose. */
@NullMarked
package dev.coracle.dashboard;

import org.jspecify.annotations.NullMarked;
