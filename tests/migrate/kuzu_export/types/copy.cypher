COPY `Everything` (`id`,`i8`,`i16`,`i32`,`i128`,`u8`,`u16`,`u32`,`u64`,`f`,`d`,`s`,`b`,`day`,`ts`,`ts_ns`,`ts_ms`,`ts_s`,`ts_tz`,`iv`,`u`,`bl`,`li`,`ls`,`ll`,`arr`,`darr`,`st`,`mp`,`mi`,`un`,`dec`,`ld`,`lst`) FROM "Everything.csv" (parallel=true);
COPY `Serial` (`nr`,`name`) FROM "Serial.csv" (parallel=true);
