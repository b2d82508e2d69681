/** CronJobs: Jobs at given times. */
@NullMarked
package dev.coracle.controllers.internal.cronjob;

import org.jspecify.annotations.NullMarked;
