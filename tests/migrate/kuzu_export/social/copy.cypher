COPY `Person` (`name`,`age`) FROM "Person.csv" (delim=delim='|', header=true, parallel=true);
COPY `Big City` (`id`,`the "name"`) FROM "Big City.csv" (delim=delim='|', header=true, parallel=true);
COPY `Knows` (`since`,`note`) FROM "Knows_Person_Person.csv" (to='Person', from='Person', delim=delim='|', header=true, parallel=true);
COPY `LivesIn` FROM "LivesIn_Person_Big City.csv" (to='Big City', from='Person', delim=delim='|', header=true, parallel=true);
COPY `Near` (`km`) FROM "Near_Person_Big City.csv" (to='Big City', from='Person', delim=delim='|', header=true, parallel=true);
COPY `Near` (`km`) FROM "Near_Person_Person.csv" (to='Person', from='Person', delim=delim='|', header=true, parallel=true);
COPY `Near` (`km`) FROM "Near_Big City_Big City.csv" (to='Big City', from='Big City', delim=delim='|', header=true, parallel=true);
